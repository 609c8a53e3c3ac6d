import type { Observation, Observe } from '../core/observation.ts'

/**
 * One observer out of many. An observer that throws never reaches the caller, which is serving a request, and never keeps
 * the others from hearing. The others hear of it as a `defect`: at its 1st, 2nd, 4th, 8th … failure, so that an observer
 * which always fails does not flood them.
 */
export function fanOut(observers: readonly Observe[]): Observe {
  const failures = observers.map(() => 0)

  const tell = (index: number, observation: Observation): void => {
    try {
      observers[index]?.(observation)
    } catch (error) {
      const count = (failures[index] ?? 0) + 1
      failures[index] = count
      if (!Number.isInteger(Math.log2(count))) return
      const defect: Observation = {
        type: 'defect',
        where: `observer ${index} (failure ${count}, at ${observation.type})`,
        error,
      }
      // An observer that fails at this too is counted in its turn; the recursion ends because each level leaves one out.
      for (let other = 0; other < observers.length; other++) {
        if (other !== index && (failures[other] ?? 0) === 0) tell(other, defect)
      }
    }
  }

  return (observation) => {
    for (let index = 0; index < observers.length; index++) tell(index, observation)
  }
}
