/** SIGKILLs of the suite at random moments: NCR_E2E_KILLS. */
export const kills = Number(process.env.NCR_E2E_KILLS || 200);

/** With few kills the other tests take samples, too, instead of everything. */
export const isShort = kills < 100;
