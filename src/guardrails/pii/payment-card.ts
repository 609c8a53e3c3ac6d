import { passesLuhn } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** First digits by network, with the lengths its numbers have. */
type Networks = readonly (readonly [begins: RegExp, lengths: readonly number[]])[]

/** Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro, Mir; in the lengths that are common. */
const common: Networks = [
  [/^(?:4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-59]|3[689])/, [14]],
  [/^(?:2131|1800)/, [15]],
  [/^(?:35|50|5[6-9]|6|81|220[0-4])/, [16]],
]

/** The lengths that many other numbers have too, and UATP. */
const rare: Networks = [
  [/^4/, [13, 19]],
  [/^1/, [15]],
  [/^(?:3[05689]|62|64|65|6011|81|220[0-4])/, [17, 18, 19]],
  [/^(?:50|5[6-9]|6)/, [12, 13, 14, 15, 17, 18, 19]],
]

function isCard(digits: string, networks: Networks): boolean {
  if (!/^\d+$/.test(digits) || !passesLuhn(digits)) return false
  return networks.some(([begins, lengths]) => lengths.includes(digits.length) && begins.test(digits))
}

const words = contextWords(
  'card, cards, cc, ccn, pan, visa, amex, american express, mastercard, maestro, discover',
  'diners, credit, debit, kreditkarte, karte, kartennummer, carte, tarjeta, carta, cartão, cartao',
  'kaart, creditcard, karta, kort, kortnummer, kartu, карт, 卡号, 信用卡, 银行卡, カード, 카드',
)

const otherWords = contextWords('tracking, imei, isbn, serial, shipment, parcel, waybill, sendungsnummer')

/** Numbers of payment cards: 12 to 19 digits of a known network that pass Luhn. Rare lengths need a context word. */
export const paymentCards: readonly IdFormat[] = [
  {
    kind: 'payment_card',
    forms: '14, 15, 16, 4 4 4 4, 4-4-4-4, 4.4.4.4, 4 6 5, 4-6-5, 4 6 4, 4-6-4'.split(', '),
    isValid: (digits) => isCard(digits, common),
    words,
    otherWords,
    score: 0.91,
    isKnownAmongNumbers: true,
  },
  {
    kind: 'payment_card',
    forms: '12?, 13?, 14?, 15?, 17?, 18?, 19?, 4 4 4 4 3, 4-4-4-4-3'.split(', '),
    isValid: (digits) => isCard(digits, rare),
    words,
    otherWords,
    score: 0.9,
  },
]
