#!/usr/bin/env node
import { existsSync } from 'node:fs'

// In a clone the sources are built when they changed; an image or a package comes built.
if (existsSync(new URL('../scripts/prepare.mjs', import.meta.url))) {
  await import('../scripts/check-node.mjs')
  const { build, install } = await import('../scripts/prepare.mjs')
  install({ quiet: true })
  build()
}
await import(new URL('../dist/src/cli.js', import.meta.url).href)
