import './check-node.mjs'

const { spawn } = await import('node:child_process')
const { join } = await import('node:path')
const { install, root } = await import('./prepare.mjs')
install()
const script = join(root, 'bench', 'guardrails', 'training-toxicity.ts')
const child = spawn(process.execPath, ['--import', 'tsx', script, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
