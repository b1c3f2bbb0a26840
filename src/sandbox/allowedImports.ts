// What a sealed interpreter may still call: everything that is not listed here is refused (see firewall.ts).
// The names belong to the pinned pyodide; a test fails when its imports change.

/** Imports that stay as they are, with the reason why they are harmless. */
export const ALLOWED: Readonly<Record<string, string>> = {
  // time
  clock_time_get: 'reads a clock',
  clock_res_get: 'reads the resolution of a clock',
  emscripten_get_now: 'reads a clock',
  emscripten_date_now: 'reads a clock',
  _gmtime_js: 'calendar arithmetic in UTC on numbers in linear memory',
  _timegm_js: 'calendar arithmetic in UTC on numbers in linear memory',
  // randomness
  random_get: 'fills linear memory with random bytes',
  // memory
  emscripten_get_heap_max: 'a number',
  emscripten_resize_heap: 'grows linear memory, up to the patched maximum',
  // the interpreter itself
  _PyEM_TrampolineCall_JS: 'calls a function of the module’s own table',
  _Py_CheckEmscriptenSignals_Helper: 'looks for a pending signal; none can be set',
  _emscripten_get_progname: 'copies the constant program name',
  environ_sizes_get: 'size of the constant environment that we set',
  environ_get: 'the constant environment that we set',
  // the file system in memory, reading only: it holds the standard library and nothing of the host
  __syscall_stat64: 'reads metadata in memory',
  __syscall_lstat64: 'reads metadata in memory',
  __syscall_newfstatat: 'reads metadata in memory',
  __syscall_fstat64: 'reads metadata in memory',
  __syscall_faccessat: 'reads metadata in memory',
  __syscall_readlinkat: 'reads metadata in memory',
  __syscall_getdents64: 'lists a folder in memory',
  __syscall_poll: 'says which descriptors in memory can be read; never waits',
  __syscall_getcwd: 'copies the working folder’s name',
  fd_fdstat_get: 'reads the kind of a descriptor',
}

/** Imports that get our own implementation once sealed (firewall.ts), with what it does. */
export const REPLACED: Readonly<Record<string, string>> = {
  __call_sighandler: 'calls a function of the module’s own table, which has no JavaScript in it',
  _munmap_js: 'does nothing: the original writes memory back to the file that it is told was mapped',
  _maybe_connect_async: 'says that nothing can wait for JavaScript',
  _maybe_recvfrom_async: 'says that nothing can wait for JavaScript',
  _maybe_sendto_async: 'says that nothing can wait for JavaScript',
  _maybe_poll_async: 'says that nothing can wait for JavaScript',
  _try_fcntl64: 'says that nothing can wait for JavaScript',
  _try_shutdown: 'says that nothing can wait for JavaScript',
  fd_write: 'keeps the start of stdout and stderr and drops the rest; the trusted side’s channel',
  fd_read: 'stdin is at its end; files in memory; the trusted side’s channel',
  fd_pread: 'files in memory; not stdin, stdout and stderr',
  fd_close: 'stdin, stdout and stderr stay open',
  fd_seek: 'not on stdin, stdout and stderr',
  __syscall_openat: 'opens for reading only',
  __syscall_fcntl64: 'reads flags and duplicates to low numbers; sets no flags',
  __syscall_dup: 'stdin, stdout and stderr are not duplicated',
  __syscall_ioctl: 'no terminal can be asked or set',
  _localtime_js: 'local time is UTC, on every machine',
  _mktime_js: 'local time is UTC, on every machine',
  _tzset_js: 'local time is UTC, on every machine',
}
