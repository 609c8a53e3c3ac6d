import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { promptboxVersion } from '../../src/core/version.ts'

test('the version the server tells is the one of the package', () => {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(promptboxVersion).toBe(manifest.version)
})
