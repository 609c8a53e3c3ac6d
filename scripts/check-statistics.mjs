import './check-node.mjs'

const { runTypeScript } = await import('./run-typescript.mjs')
runTypeScript('bench/statistics/check.ts')
