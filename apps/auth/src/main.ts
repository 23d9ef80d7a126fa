import { launch } from '@ncr/platform';
import { auth } from './index';

void launch([auth]);
