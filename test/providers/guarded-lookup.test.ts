import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { guardedLookup } from '../../src/providers/guarded-lookup.ts'

interface Found {
  readonly code: string | undefined
  readonly address: string | LookupAddress[]
}

function resolve(host: string, allowPrivate: boolean, all: boolean): Promise<Found> {
  return new Promise((done) => {
    guardedLookup(allowPrivate)(host, { all }, (error, address) => done({ code: error?.code, address }))
  })
}

describe('guardedLookup', () => {
  it('resolves to private addresses only when they are allowed', async () => {
    for (const all of [true, false]) {
      expect((await resolve('localhost', false, all)).code).toBe('ADDRESS_FORBIDDEN')
      const { code, address } = await resolve('localhost', true, all)
      expect(code).toBeUndefined()
      expect(JSON.stringify(address)).toMatch(/127\.0\.0\.1|::1/)
    }
  })

  it('never resolves to a metadata service', async () => {
    for (const allowPrivate of [true, false]) {
      expect((await resolve('169.254.169.254', allowPrivate, true)).code).toBe('ADDRESS_FORBIDDEN')
    }
  })
})
