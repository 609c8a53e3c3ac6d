import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { install, root } from './prepare.mjs'

/**
 * Runs a TypeScript file of this clone (`bench/statistics/check.ts`) with the arguments of this command, after installing what
 * is missing, and ends as it ends. Says nothing itself: what is printed may have to be JSON alone. Files that the arguments name
 * are meant from where the command was typed, which is in CALLED_FROM; npm itself goes to the folder of package.json.
 */
export function runTypeScript(file) {
  install({ quiet: true })
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, file), ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, CALLED_FROM: process.env.INIT_CWD ?? process.cwd() },
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
}
