// How much memory the workers may take, and how little the young part of their heaps needs.

/** Several times what the largest file that is taken needs; bytes outside the heap count as data alone. */
export const documentLimits = { maxHeapMegabytes: 512, maxDataBytes: 1_500_000_000 } as const

/** Pixels and pages pass through these workers outside the heap; what they keep in it is small. */
export const passingOn = { youngHeapMegabytes: 1 } as const
/** A page of the largest size that is taken, several times over, and what the runtime sets aside. */
export const parseLimits = { ...passingOn, maxHeapMegabytes: 256, maxDataBytes: 2_000_000_000 } as const
