import { describe, expect, it } from 'vitest'
import { unique, type GetSubject } from './subject.ts'

/** Far longer than any test. */
const longMs = 3_600_000

/** Work that one process at a time does. */
export function leasesContract(subject: GetSubject): void {
  const leases = () => subject().stores.leases

  describe('leases', () => {
    it('one of many at once gets it, and only that one gets it again', async () => {
      const name = unique('work')
      const holders = Array.from({ length: 8 }, () => unique('process'))
      const first = await Promise.all(holders.map((holder) => leases().take('default', name, holder, longMs)))
      expect(first.filter((isTaken) => isTaken)).toHaveLength(1)
      expect(await Promise.all(holders.map((holder) => leases().take('default', name, holder, longMs)))).toEqual(first)
    })

    it('one that is over is anybody’s', async () => {
      const name = unique('work')
      const [one, other] = [unique('process'), unique('process')]
      expect(await leases().take('default', name, one, 0)).toBe(true)
      expect(await leases().take('default', name, other, longMs)).toBe(true)
      expect(await leases().take('default', name, one, longMs)).toBe(false)
    })

    it('of the same name there is one for each tenant', async () => {
      const [name, tenant] = [unique('work'), unique('tenant')]
      await subject().addTenant(tenant)
      const [one, other] = [unique('process'), unique('process')]
      expect(await leases().take('default', name, one, longMs)).toBe(true)
      expect(await leases().take(tenant, name, other, longMs)).toBe(true)
    })

    it('a holder gives one back and keeps the others; one of somebody else it does not give back', async () => {
      const [left, right] = [unique('work'), unique('work')]
      const [one, other] = [unique('process'), unique('process')]
      for (const name of [left, right]) expect(await leases().take('default', name, one, longMs)).toBe(true)
      await leases().giveBack(other, { tenantId: 'default', name: left })
      expect(await leases().take('default', left, other, longMs)).toBe(false)
      await leases().giveBack(one, { tenantId: 'default', name: left })
      expect(await leases().take('default', left, other, longMs)).toBe(true)
      expect(await leases().take('default', right, other, longMs)).toBe(false)
    })

    it('a holder gives back all of its own and nobody else’s', async () => {
      const [left, right, theirs] = [unique('work'), unique('work'), unique('work')]
      const [one, other] = [unique('process'), unique('process')]
      for (const name of [left, right]) expect(await leases().take('default', name, one, longMs)).toBe(true)
      expect(await leases().take('default', theirs, other, longMs)).toBe(true)
      await leases().giveBack(one)
      for (const name of [left, right]) expect(await leases().take('default', name, other, longMs)).toBe(true)
      expect(await leases().take('default', theirs, one, longMs)).toBe(false)
    })
  })
}
