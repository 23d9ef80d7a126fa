import { count, defineSettings, SettingsOf } from '@ncr/platform';

/** Settings of the service `gateway`. */
export const GatewaySettings = defineSettings({
  NCR_LOGIN_RATE: count(30).describe('Sign-ins with a password that one address may try per minute.'),
  NCR_TOKEN_RATE: count(6000).describe('Tokens for push and pull that one address may ask for per minute.'),
  NCR_API_RATE: count(6000).describe('Requests of the management API that one address may send per minute.'),
});
export type GatewaySettings = SettingsOf<typeof GatewaySettings>;
