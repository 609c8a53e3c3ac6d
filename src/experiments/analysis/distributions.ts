/**
 * Distributions that tests need. Tails are computed as tails, never as 1 minus the rest, so that a very small p-value is right
 * in its first digits too. All take and give plain numbers; nothing throws, an argument outside a domain gives NaN or the limit.
 */

const lanczosG = 7
const lanczos = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
] as const
const halfLogOfTwoPi = 0.5 * Math.log(2 * Math.PI)

/** Logarithm of the gamma function, for x above 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  let sum: number = lanczos[0]
  for (let at = 1; at < lanczos.length; at++) sum += (lanczos[at] ?? 0) / (shifted + at)
  const base = shifted + lanczosG + 0.5
  return halfLogOfTwoPi + (shifted + 0.5) * Math.log(base) - base + Math.log(sum)
}

const tiny = 1e-300
const close = 1e-16

/** Share of the gamma distribution with shape `a` above x. */
export function gammaUpper(a: number, x: number): number {
  if (!(x > 0)) return 1
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
}

/** Share of the gamma distribution with shape `a` below x. */
export function gammaLower(a: number, x: number): number {
  if (!(x > 0)) return 0
  return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x)
}

function gammaSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let step = 1; step < 10_000 && Math.abs(term) > Math.abs(sum) * close; step++) {
    term *= x / (a + step)
    sum += term
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a))
}

function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let value = d
  for (let step = 1; step < 10_000; step++) {
    const factor = step * (a - step)
    b += 2
    d = 1 / awayFromZero(factor * d + b)
    c = awayFromZero(b + factor / c)
    value *= d * c
    if (Math.abs(d * c - 1) < close) break
  }
  return value * Math.exp(a * Math.log(x) - x - logGamma(a))
}

function awayFromZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** Share of the standard normal distribution above z. */
export function normalUpper(z: number): number {
  const half = (z * z) / 2
  return z >= 0 ? gammaUpper(0.5, half) / 2 : (1 + gammaLower(0.5, half)) / 2
}

/** Share of the standard normal distribution below z. */
export function normalCdf(z: number): number {
  return normalUpper(-z)
}

export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2 - halfLogOfTwoPi)
}

/** Two-sided p-value of a standard normal z. */
export function normalTwoSided(z: number): number {
  return Math.min(1, 2 * normalUpper(Math.abs(z)))
}

/** The z that a share `p` of the standard normal distribution lies below. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN
  if (p === 0.5) return 0
  const tail = Math.min(p, 1 - p)
  // A rational first guess that is right to three digits; each of the steps after it trebles the digits.
  const root = Math.sqrt(-2 * Math.log(tail))
  let z =
    root -
    (2.515_517 + root * (0.802_853 + root * 0.010_328)) /
      (1 + root * (1.432_788 + root * (0.189_269 + root * 0.001_308)))
  for (let step = 0; step < 3; step++) {
    const off = (normalUpper(z) - tail) / normalDensity(z)
    z += off / (1 - (off * z) / 2)
  }
  return p < 0.5 ? -z : z
}

/** Share of the chi-square distribution above x. */
export function chiSquareUpper(x: number, degrees: number): number {
  return gammaUpper(degrees / 2, x / 2)
}

/** Share of the beta distribution with shapes `a` and `b` below x. */
export function betaCdf(x: number, a: number, b: number): number {
  if (!(x > 0)) return 0
  if (!(x < 1)) return 1
  return betaOf(x, 1 - x, a, b)
}

/** Share below x; `rest` is 1 - x, given apart because near 1 it has digits that x has not. */
function betaOf(x: number, rest: number, a: number, b: number): number {
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(rest))
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(rest, b, a)) / b
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let step = 1; step < 20_000; step++) {
    const even = (step * (b - step) * x) / ((a + 2 * step - 1) * (a + 2 * step))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    value *= d * c
    const odd = (-(a + step) * (a + b + step) * x) / ((a + 2 * step) * (a + 2 * step + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return value
}

/** From here on the t distribution is the normal one after a change of scale, to the last digit that matters. */
const manyDegrees = 10_000

/** Share of the t distribution above t. */
export function tUpper(t: number, degrees: number): number {
  if (degrees > manyDegrees) return normalUpper(normalOfT(t, degrees))
  const square = t * t
  const half = betaOf(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5) / 2
  if (t === 0) return 0.5
  return t > 0 ? half : 1 - half
}

function normalOfT(t: number, degrees: number): number {
  const scale = Math.sqrt((degrees - 0.5) * Math.log1p((t * t) / degrees))
  return Math.sign(t) * scale
}

/** Two-sided p-value of t. */
export function tTwoSided(t: number, degrees: number): number {
  return Math.min(1, 2 * tUpper(Math.abs(t), degrees))
}

/** The t that a share `p` of the distribution lies below. */
export function tQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1) || p === 0.5) return normalQuantile(p)
  const tail = Math.min(p, 1 - p)
  const z = -normalQuantile(tail)
  if (degrees > manyDegrees) {
    const t = Math.sqrt(degrees * Math.expm1((z * z) / (degrees - 0.5)))
    return p < 0.5 ? -t : t
  }
  const t = tOfTail(tail, degrees, z)
  return p < 0.5 ? -t : t
}

/** Newton from a guess, kept between bounds that close in, because few degrees have tails that a guess misses by far. */
function tOfTail(tail: number, degrees: number, z: number): number {
  let low = 0
  let high = Infinity
  let t = z + (z ** 3 + z) / (4 * degrees)
  const logScale = logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - 0.5 * Math.log(degrees * Math.PI)
  for (let step = 0; step < 200; step++) {
    const off = tUpper(t, degrees) - tail
    if (off > 0) low = t
    else high = t
    const density = Math.exp(logScale - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees))
    let next = t + off / density
    if (!(next > low && next < high)) next = high === Infinity ? 2 * t + 1 : (low + high) / 2
    if (Math.abs(next - t) <= 1e-12 * Math.abs(t)) return next
    t = next
  }
  return t
}
