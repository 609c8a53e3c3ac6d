import './check-node.mjs'

const { install } = await import('./prepare.mjs')
install()
const { register } = await import('tsx/esm/api')
register()
await import('../bench/guardrails/training-toxicity.ts')
