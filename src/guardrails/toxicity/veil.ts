/**
 * Hides or shows a list of words; it is its own opposite. Word lists are kept veiled in this folder, because nobody who
 * looks for something else should have to read them. To read or change one, veil it, edit, veil it again:
 * Latin letters move by 13, Cyrillic ones by 16, others to their neighbour; marks and digits stay.
 */
export function veil(text: string): string {
  let veiled = ''
  for (let index = 0; index < text.length; index++) veiled += String.fromCharCode(moved(text.charCodeAt(index)))
  return veiled
}

function moved(unit: number): number {
  if (unit >= 0x61 && unit <= 0x7a) return ((unit - 0x61 + 13) % 26) + 0x61
  if (unit >= 0x400 && unit < 0x500) return unit ^ 0x10
  return unit >= 0x370 ? unit ^ 1 : unit
}
