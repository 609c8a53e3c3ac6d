import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/**
 * Puts the serving thread of a process on core 0 and its other threads (garbage collection, workers) on core 1, where the
 * load generator is: "one serving core" for every subject alike.
 */
export function pinServingThread(processId: number): void {
  for (const thread of readdirSync(`/proc/${processId}/task`)) {
    execFileSync('taskset', ['-cp', thread === String(processId) ? '0' : '1', thread], { stdio: 'ignore' })
  }
}

/** Processor time of the serving thread so far, microseconds (ticks of 10 ms). */
export function servingThreadMicroseconds(processId: number): number {
  const fields = readFileSync(`/proc/${processId}/task/${processId}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Resident memory of the whole process, bytes. */
export function residentBytes(processId: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) * 1024
}
