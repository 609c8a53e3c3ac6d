import { describe, expect, it } from 'vitest'
import { pii } from '../../../src/guardrails/pii/pii.ts'
import type { Finding } from '../../../src/guardrails/guardrail.ts'

/** Published test numbers of the networks, which belong to nobody. */
const visa = '4111 1111 1111 1111'
const mastercard = '5500 0000 0000 0004'

function cardsIn(text: string): readonly string[] {
  const settings = pii.settings.parse({ kinds: ['payment_card'] })
  const scanner = pii.create(settings).open('input')
  const findings: Finding[] = []
  scanner.push(text, findings)
  scanner.end(findings)
  return findings.map(({ start, end }) => text.slice(start, end))
}

describe('the number of a card beside other numbers', () => {
  it.each([
    [`1 ${visa}`, [visa]],
    [`Row 12 ${visa} ok`, [visa]],
    [`qty 3 ${mastercard}`, [mastercard]],
    [`${visa} 123`, [visa]],
    [`${visa} ${mastercard}`, [visa, mastercard]],
  ])('is found in %s', (text, cards) => {
    expect(cardsIn(text)).toEqual(cards)
  })

  it('is none where groups of four go on', () => {
    expect(cardsIn(`2024 ${visa} 1999 2001`)).toEqual([])
  })
})
