import type { Stores, Actor } from '../src/store/ports.ts'
export async function seed(_stores: Stores, _actor: Actor): Promise<void> {}
