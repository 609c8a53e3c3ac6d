/** What in a text may be another text in disguise; cheap to see, decoded in `decode.ts`. */
export interface DisguiseSigns {
  /** Long runs of letters and digits that may be base64 or hexadecimal: beginnings and ends, in turn. */
  readonly runs: readonly number[]
  /** Pairs of hexadecimal digits one after another, apart or escaped. */
  readonly hexPairs: boolean
  readonly percents: boolean
  readonly entities: boolean
  readonly spacedLetters: boolean
  /** A stretch with digits or signs in the place of letters; equal: none. */
  readonly leetFrom: number
  readonly leetTo: number
}

const shortestRun = 24
const mostRuns = 4
const fewestHexPairs = 12
const fewestEscapes = 4
const fewestSpacedLetters = 8
/** Three such places stand at most this far apart. */
const leetReach = 48
/** Around them a stretch goes on for. */
const leetMargin = 96

const letterBit = 1
const digitBit = 2
const base64Bit = 4
const hexBit = 8
const leetBit = 16

/** What each ASCII character may be part of. */
const bits = new Uint8Array(128)
for (let unit = 0; unit < 128; unit++) {
  const character = String.fromCharCode(unit)
  if (/[a-z]/i.test(character)) bits[unit] = letterBit | base64Bit
  if (/[0-9]/.test(character)) bits[unit] = digitBit | base64Bit
  if (/[+/_-]/.test(character)) bits[unit] = base64Bit
  if (/[0-9a-f]/i.test(character)) bits[unit] = (bits[unit] ?? 0) | hexBit
  if (/[013457@$!|]/.test(character)) bits[unit] = (bits[unit] ?? 0) | leetBit
}

/** Looks once at every character. Linear, and allocates only what it returns. */
export function disguiseSigns(text: string): DisguiseSigns {
  const runs: number[] = []
  let run = 0
  let word = 0
  let hexWord = 0
  let hexPairs = 0
  let mostHexPairs = 0
  let percents = 0
  let entities = 0
  let lonely = 0
  let mostLonely = 0
  let leet = -leetReach
  let leetBefore = -leetReach
  let leetFrom = -1
  let leetTo = -1
  let before = 0
  let beforeThat = 0
  for (let index = 0; index <= text.length; index++) {
    const unit = index < text.length ? text.charCodeAt(index) : 0x20
    const now = unit < 128 ? (bits[unit] ?? 0) : letterBit
    if ((now & base64Bit) !== 0) run++
    else {
      if (run >= shortestRun && runs.length < 2 * mostRuns) runs.push(index - run, index)
      run = 0
    }
    if ((now & (letterBit | digitBit)) !== 0) {
      word++
      if ((now & hexBit) !== 0) hexWord++
      if ((now & letterBit) !== 0 && (before & leetBit) !== 0 && (beforeThat & letterBit) !== 0) {
        if (index - leetBefore <= leetReach) {
          if (leetFrom < 0) leetFrom = leetBefore
          leetTo = index
        }
        leetBefore = leet
        leet = index
      }
    } else {
      if (word === 2 && hexWord === 2) mostHexPairs = Math.max(mostHexPairs, ++hexPairs)
      else if (word > 0) hexPairs = 0
      if (word === 1 && (before & letterBit) !== 0) mostLonely = Math.max(mostLonely, ++lonely)
      else if (word > 0) lonely = 0
      word = 0
      hexWord = 0
      if (unit === 0x25) percents++
      else if (unit === 0x23 && index > 0 && text.charCodeAt(index - 1) === 0x26) entities++
      else if (unit === 0x5c && text.charCodeAt(index + 1) === 0x78)
        mostHexPairs = Math.max(mostHexPairs, fewestHexPairs)
    }
    beforeThat = before
    before = now
  }
  return {
    runs,
    hexPairs: mostHexPairs >= fewestHexPairs,
    percents: percents >= fewestEscapes,
    entities: entities >= fewestEscapes,
    spacedLetters: mostLonely >= fewestSpacedLetters,
    leetFrom: leetFrom < 0 ? 0 : Math.max(0, leetFrom - leetMargin),
    leetTo: leetFrom < 0 ? 0 : leetTo + leetMargin,
  }
}
