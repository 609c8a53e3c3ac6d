import './check-node.mjs'

const { spawn } = await import('node:child_process')
const { join } = await import('node:path')
const { build, install, root } = await import('./prepare.mjs')
install()
// What is measured is what is shipped: the compiled server.
build()
const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'bench', 'run.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
