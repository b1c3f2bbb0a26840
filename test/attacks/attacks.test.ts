// The attack programs under the strongest wall that this machine has. All of them, the other walls and judging in one
// interpreter are test/soak/attacks.soak.test.ts.
import { describe, expect, it } from 'vitest'
import { describeAttacks } from './plan.ts'
import { type Attack, hostileTexts, readAttacks } from './programs.ts'
import { wallsHere } from './walls.ts'

const attacks = readAttacks()

// What a sandbox for model-written Python was tried with when it was designed, and the programs that try it here.
const MUST_TRY: Record<string, string[]> = {
  'passwd and secret files': ['read/passwd', 'read/secret_file'],
  'listing folders': ['read/list_host_folder'],
  environment: ['environment/variables', 'read/process_environments'],
  'os.system and subprocess': ['process/os_system', 'process/subprocess_run'],
  'writing files': ['files/write_host_file', 'files/write_by_other_calls'],
  'loopback socket and urllib': [
    'network/socket_loopback',
    'network/urllib_loopback',
    'network/pyodide_fetch',
  ],
  'import js, eval, run_js': [
    'bridge/import_js',
    'bridge/js_eval_and_function',
    'bridge/run_js',
    'bridge/run_js_reads_file',
  ],
  'pyodide internals': ['bridge/pyodide_js', 'bridge/core_internals'],
  'prototype pollution': ['bridge/prototype_pollution'],
  'hunting proxies': ['bridge/proxy_hunt'],
  ctypes: [
    'bridge/ctypes_system',
    'bridge/ctypes_run_script',
    'bridge/ctypes_table_sweep',
    'process/privileges',
  ],
  'killing the parent': ['process/signal_the_host'],
  'inherited descriptors': ['read/inherited_descriptors', 'read/descriptor_names'],
  memory: ['resources/memory_list', 'resources/memory_one_block'],
  'fork and thread bombs': ['resources/fork_bomb', 'resources/thread_bomb'],
  floods: ['resources/huge_standard_output', 'resources/flood_both_descriptors', 'files/disk_fill'],
  loops: ['resources/swallow_all_exceptions', 'resources/cancelled_timers'],
  'loops in C': ['resources/big_power', 'resources/catastrophic_regex', 'resources/long_sum'],
  'sleep and input': ['resources/sleep', 'resources/read_terminal'],
  recursion: ['resources/recursion_python', 'resources/recursion_in_c'],
  crashes: ['crash/broken_bytecode', 'crash/abort', 'crash/segfault_by_ctypes'],
  'checker attacks': [
    ...[
      'exit_zero',
      'hard_exit_zero',
      'exit_in_function',
      'hard_exit_in_function',
      'always_equal',
      'patched_builtins',
    ],
    ...[
      'check_in_frame_globals',
      'check_code',
      'jump_over_asserts',
      'trace_from_the_start',
      'hooks_and_exit_handlers',
    ],
    ...['integer_that_lies', 'write_verdict_to_descriptors', 'locals_of_the_caller', 'secret_in_frames'],
    ...['constants_of_the_tests'],
  ].map((name) => `forge/${name}`),
  'state that leaks': [
    ...['patched_builtins', 'poisoned_modules', 'evil_files', 'background_daemon', 'folder_mask_environment'],
    ...['leaked_descriptors'],
  ].map((name) => `state/${name}`),
}

describe('the list of attacks', () => {
  it('has at least 66 programs', () => {
    expect(attacks.length).toBeGreaterThanOrEqual(66)
  })
  it.each(Object.entries(MUST_TRY))('tries %s', (_, names) => {
    const known = new Set(attacks.map((attack) => attack.name))
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })
})

// All that the list names, and of the others one in eight of each group: the whole is `npm run soak`.
const named = new Set(Object.values(MUST_TRY).flat())
const others = [...attacks.filter(({ name }) => !named.has(name)), ...hostileTexts()]
const groupOf = ({ name }: Attack): string => name.split('/', 1)[0]!
const isChosen = (attack: Attack): boolean =>
  others.filter((other) => groupOf(other) === groupOf(attack)).indexOf(attack) % 8 === 0
describeAttacks('attacks', [...attacks.filter(({ name }) => named.has(name)), ...others.filter(isChosen)], {
  wall: wallsHere()[0]!,
  mode: 'two',
})
