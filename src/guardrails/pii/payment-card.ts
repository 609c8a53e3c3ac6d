import { passesLuhn } from './check-digits.ts'
import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** First digits by network, with the lengths its numbers have. */
const networks: readonly (readonly [begins: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-5]|309|36|3[89])/, [14, 16, 19]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35/, [16, 19]],
  [/^(?:2131|1800)/, [15]],
  [/^(?:62|81)/, [16, 17, 18, 19]],
  [/^(?:50|5[6-9]|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
]

function isCard(digits: string): boolean {
  if (!/^\d+$/.test(digits) || !passesLuhn(digits)) return false
  return networks.some(([begins, lengths]) => lengths.includes(digits.length) && begins.test(digits))
}

const words = contextWords(
  'card, cards, cc, ccn, pan, visa, amex, american express, mastercard, maestro, discover',
  'diners, credit, debit, kreditkarte, karte, kartennummer, carte, tarjeta, carta, cartão, cartao',
  'kaart, creditcard, karta, kort, kortnummer, kartu, карт, 卡号, 信用卡, 银行卡, カード, 카드',
)

/** Numbers of payment cards: 12 to 19 digits of a known network that pass Luhn. Rare lengths need a context word. */
export const paymentCard: IdFormat = {
  kind: 'payment_card',
  forms:
    '16, 15, 4 4 4 4, 4-4-4-4, 4.4.4.4, 4 6 5, 4-6-5, 4 6 4, 4-6-4, 4 4 4 4 3, 4-4-4-4-3, 12?, 13?, 14?, 17?, 18?, 19?'.split(
      ', ',
    ),
  isValid: isCard,
  words,
  otherWords: contextWords('tracking', 'imei', 'isbn', 'serial', 'shipment', 'parcel', 'waybill', 'sendungsnummer'),
  score: 0.91,
}
