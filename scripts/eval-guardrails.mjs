import './check-node.mjs'

const { runTypeScript } = await import('./run-typescript.mjs')
runTypeScript('bench/guardrails/evaluate.ts')
