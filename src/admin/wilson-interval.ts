/** Of the standard normal distribution at 97.5 %: two-sided 95 %. */
const z95 = 1.959_963_984_540_054

/**
 * The Wilson score interval at 95 % for a share: unlike the plain one it stays within 0 and 1 and is right for few trials
 * and for shares near either end.
 *
 * @param successes 0 to `trials`, whole.
 * @param trials whole.
 * @returns lower and upper bound, 0 to 1; null without a trial.
 */
export function wilsonInterval(successes: number, trials: number): readonly [number, number] | null {
  if (trials <= 0) return null
  const share = successes / trials
  const weight = z95 ** 2 / trials
  const middle = (share + weight / 2) / (1 + weight)
  const reach = (z95 * Math.sqrt((share * (1 - share)) / trials + weight / (4 * trials))) / (1 + weight)
  // At either end the bound is exactly 0 or 1, which rounding would miss.
  const lower = successes <= 0 ? 0 : Math.max(0, middle - reach)
  const upper = successes >= trials ? 1 : Math.min(1, middle + reach)
  return [lower, upper]
}
