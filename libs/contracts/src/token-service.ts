/** What the registry's challenge and the token endpoint call the registry (`service=`, Docker token specification). */
export const tokenService = 'ncr-registry';
