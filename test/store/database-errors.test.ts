import { describe, expect, it } from 'vitest'
import { databaseErrorOf, isDatabaseAway, withFaults } from '../../src/store/postgres/database-errors.ts'

const saying = (code: string): Error => Object.assign(new Error('the database said so'), { code })

describe('a database that cannot be used', () => {
  it.each([
    ['takes no connections', '55000'],
    ['lets the role do nothing any more', '42501'],
    ['has too many connections', '53300'],
    ['is shutting down', '57P01'],
    ['has changed its password', '28P01'],
    ['is not there', '3D000'],
    ['has closed the connection', 'CONNECTION_CLOSED'],
  ])('%s: is away, which is a 503 and no defect, and records wait for it', async (_what, code) => {
    const found = databaseErrorOf(saying(code))
    expect(found !== null && isDatabaseAway(found)).toBe(true)
    await expect(withFaults(() => Promise.reject(saying(code)))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('The database is away'),
    })
  })

  it('what it says about a wrong statement stays what it is', async () => {
    const error = saying('42P01')
    await expect(withFaults(() => Promise.reject(error))).rejects.toBe(error)
  })
})
