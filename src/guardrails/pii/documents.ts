import { contextWords } from './context-words.ts'
import type { IdFormat } from './id-format.ts'

/** Digits with at most three letters: what most countries number documents with. */
function isDocumentNumber(chars: string): boolean {
  return /^(?=(?:\D*\d){5})(?:[A-Z]{0,3}\d+[A-Z]{0,2}\d*)$/.test(chars)
}

/** Numbers of documents, which have no form of their own: only where a word says so. */
export const documents: readonly IdFormat[] = [
  {
    kind: 'passport',
    forms: ['7?', '8?', '9?', '1 7?', '1 8?', '2 7?', '1-7?', '2-7?'],
    isValid: isDocumentNumber,
    words: contextWords(
      'passport, passports, reisepass, passnummer, passeport, pasaporte, passaporto, passaporte',
      'paspoort, paszport, pasaport, паспорт, 护照, 護照, パスポート, 旅券, 여권, जवाज़, جواز',
    ),
    score: 0.75,
  },
  {
    kind: 'driver_license',
    forms: '6?, 7?, 8?, 9?, 10?, 11?, 12?, 13?, 14?, 15?, 4-2-4?, 1-3-3-3?, 3-3-3?, 1 3 3 3?, 4-4-4-2?'.split(', '),
    isValid: isDocumentNumber,
    words: contextWords(
      "driver license, driver's license, drivers license, driver’s license, driving licen, driver licen",
      "driver's licen",
      'dl number, führerschein, fuehrerschein, permis de conduire, licencia de conducir',
      'carnet de conducir',
      'permiso de conducir, patente di guida, rijbewijs, carta de condu, cnh, prawo jazdy, водительск',
      '驾驶证',
    ),
    score: 0.75,
  },
]
