import './check-node.mjs'

const { spawn } = await import('node:child_process')
const { fileURLToPath } = await import('node:url')
const { install, root } = await import('./prepare.mjs')
install({ quiet: true })
const command = fileURLToPath(new URL('../bench/statistics/simulate.ts', import.meta.url))
const child = spawn(process.execPath, ['--import', 'tsx', command, ...process.argv.slice(2)], {
  // Files are named from where the command was typed; npm itself goes to the folder of package.json.
  cwd: root,
  env: { ...process.env, STATISTICS_FOLDER: process.env.INIT_CWD ?? process.cwd() },
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
