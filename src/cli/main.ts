#!/usr/bin/env node
// Entry of the command: says how V8 collects, which holds for all threads, before there is anything to collect.
import { setFlagsFromString } from 'node:v8'

// onnxruntime hands each result back as an array besides the buffer that it was asked to fill. V8 counts these as memory
// outside its heap and would mark a heap that hardly changes several times a second, on all cores: 9 % of the CPU time
// of a LoRA step, 16 % of one of a small model (docs/benchmarks.md). All at once it takes 6 ms, and comes more rarely.
setFlagsFromString('--no-incremental-marking')
await import('./run.ts')
