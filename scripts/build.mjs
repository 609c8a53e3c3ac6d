import './check-node.mjs'

const { build } = await import('./prepare.mjs')
build({ force: true })
