import { text } from 'node:stream/consumers'
import { exitCodes } from './cli/command.ts'
import { runCommandLine } from './cli/run.ts'

/** The process behind the word `promptbox`. */

const isServer = process.argv[2] === 'start'
// Whoever reads has seen enough (`| head`), and that is no error. A server goes on without anybody who reads.
if (!isServer) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    process.stderr.write(`promptbox: The output cannot be written: ${error.message}\n`)
    process.exit(exitCodes.refused)
  })
}
const exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  directory: process.cwd(),
  out: (said) => void process.stdout.write(said),
  error: (said) => void process.stderr.write(said),
  readInput: () => text(process.stdin),
})
// `start` goes on; anything else has closed what it opened.
if (!isServer || exitCode !== 0) process.exitCode = exitCode
