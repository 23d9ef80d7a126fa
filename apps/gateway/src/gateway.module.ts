import { Module } from '@nestjs/common';
import { Admission } from './admission';
import { ExchangedCredentials } from './exchanged-credentials';
import { FrontDoor } from './front-door';
import { StartPage } from './start-page';

@Module({ providers: [Admission, ExchangedCredentials, FrontDoor, StartPage] })
export class GatewayModule {}
