import { text } from 'node:stream/consumers'
import { runCommandLine } from './cli/run.ts'

/** The process behind the word `promptbox`. */
const exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  out: (said) => void process.stdout.write(said),
  error: (said) => void process.stderr.write(said),
  readInput: () => text(process.stdin),
})
// `start` goes on; anything else has closed what it opened.
if (process.argv[2] !== 'start' || exitCode !== 0) process.exitCode = exitCode
