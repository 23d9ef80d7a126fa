import { auth } from '@ncr/auth';
import { gateway } from '@ncr/gateway';
import { registry } from '@ncr/registry';
import { Service } from '@ncr/platform';

/** Everything that runs in one process here. */
export const services: Service[] = [gateway, auth, registry];
