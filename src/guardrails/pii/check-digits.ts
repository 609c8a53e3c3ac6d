/** Check digits and dates, as they are used by more than one kind of number. All take texts that consist of digits. */

/** The digit at a place; 0 beyond the end. */
export function digitAt(digits: string, index: number): number {
  return index < digits.length ? digits.charCodeAt(index) - 48 : 0
}

/** Sum of the digits times their weights, from the left; as many digits as there are weights. */
export function weightedSum(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < weights.length; index += 1) sum += digitAt(digits, index) * (weights[index] ?? 0)
  return sum
}

/** Luhn: every second digit from the right doubled, the sum a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, isDoubled = false; index >= 0; index -= 1, isDoubled = !isDoubled) {
    const digit = digitAt(digits, index)
    if (!isDoubled) sum += digit
    else sum += digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/** A decimal number of any length modulo a small one. */
export function modulo(digits: string, divisor: number): number {
  let rest = 0
  for (let index = 0; index < digits.length; index += 1) rest = (rest * 10 + digitAt(digits, index)) % divisor
  return rest
}

/** ISO 7064 MOD 11,10: the last digit checks the others. */
export function passesMod1110(digits: string): boolean {
  let product = 10
  for (let index = 0; index < digits.length - 1; index += 1) {
    const sum = (digitAt(digits, index) + product) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - product) % 10 === digitAt(digits, digits.length - 1)
}

/** Verhoeff: products in the dihedral group of ten elements, the digits permuted by their place from the right. */
export function passesVerhoeff(digits: string): boolean {
  let check = 0
  for (let place = 0; place < digits.length; place += 1) {
    let digit = digitAt(digits, digits.length - 1 - place)
    for (let times = place % 8; times > 0; times -= 1) digit = verhoeffStep[digit] ?? 0
    check = dihedral(check, digit)
  }
  return check === 0
}

const verhoeffStep = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

/** 0 to 4 are rotations, 5 to 9 reflections. */
function dihedral(left: number, right: number): number {
  if (left < 5) return right < 5 ? (left + right) % 5 : ((left + right) % 5) + 5
  return right < 5 ? ((left - right + 5) % 5) + 5 : (left - right + 5) % 5
}

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether there is such a day; of some year, because two digits of a year say little. */
export function isDay(month: number, day: number): boolean {
  return day >= 1 && day <= (daysOfMonth[month - 1] ?? 0)
}

/** Two digits as a number. */
export function twoDigits(digits: string, index: number): number {
  return digitAt(digits, index) * 10 + digitAt(digits, index + 1)
}

/** Whether digits begin with a day as `DDMMYY`. */
export function beginsWithDayMonth(digits: string): boolean {
  return isDay(twoDigits(digits, 2), twoDigits(digits, 0))
}

/** Whether digits have a day as `YYMMDD`, from `index` on. */
export function hasYearMonthDay(digits: string, index = 0): boolean {
  return isDay(twoDigits(digits, index + 2), twoDigits(digits, index + 4))
}

/** Whether all characters are the same: placeholders, which many checks let through. */
export function isOneDigit(digits: string): boolean {
  for (let index = 1; index < digits.length; index += 1) {
    if (digits.charCodeAt(index) !== digits.charCodeAt(0)) return false
  }
  return true
}
