import './check-node.mjs'

const { build, install } = await import('./prepare.mjs')
install()
build()
// In this very process, so that signals and the exit code are the server's own.
await import(new URL('../dist/src/server.js', import.meta.url).href)
