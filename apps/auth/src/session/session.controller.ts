import type { IncomingMessage } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Post, Put, Req, Res } from '@nestjs/common';
import { AccountView, Grants, MeView, readSessionCookie, SessionView } from '@ncr/contracts';
import { Caller, CurrentCaller, Problem, Public, Requires } from '@ncr/platform';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Account } from '../account/account.entity';
import { Accounts } from '../account/accounts';
import { PasswordLogin } from '../account/password-login';
import { Credential } from '../token/holders';
import { ChangePasswordBody, MeAnswer, SessionAnswer, SignInBody } from './session-bodies';
import { setSessionCookie } from './session-cookie';
import { Sessions } from './sessions';

interface HttpRequest {
  readonly raw: IncomingMessage;
}

interface HttpReply {
  header(name: string, value: string): unknown;
}

/** Signing in and out, and what concerns the caller alone. */
@ApiTags('session')
@Controller('api/v1')
export class SessionController {
  constructor(
    private readonly accounts: Accounts,
    private readonly logins: PasswordLogin,
    private readonly sessions: Sessions,
  ) {}

  @Post('session')
  @Public()
  @ApiOperation({ summary: 'Sign in with name and password; sets the session cookie' })
  @ApiResponse({ status: 201, type: SessionAnswer })
  async signIn(
    @Body() body: SignInBody,
    @Req() { raw }: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<SessionView> {
    const credential = await this.logins.check({ ...body, address: raw.socket.remoteAddress ?? '' });
    if (!credential) throw passwordWrong(401);
    const before = readSessionCookie(raw.headers.cookie);
    if (before !== undefined) await this.sessions.endByCookie(before);
    return this.begin(credential, raw, reply);
  }

  @Delete('session')
  @Requires('session.delete-own')
  @ApiOperation({ summary: 'Sign out' })
  @HttpCode(204)
  async signOut(
    @CurrentCaller() caller: Caller,
    @Req() { raw }: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<void> {
    if (caller.key !== undefined) await this.sessions.end(caller.id, caller.key);
    reply.header('set-cookie', setSessionCookie(raw, undefined));
  }

  @Get('me')
  @Requires('account.view-own')
  @ApiOperation({ summary: 'The caller, and what they may do' })
  @ApiOkResponse({ type: MeAnswer })
  async me(@CurrentCaller() caller: Caller): Promise<MeView> {
    const account = await this.accounts.get(caller.id);
    const isSession = caller.key !== undefined && (await this.sessions.has(caller.id, caller.key));
    return {
      account: view(account),
      grants: grantsOf(caller),
      ...(isSession && { csrfToken: this.sessions.csrfToken(caller.key) }),
    };
  }

  /** Ends all sessions and everything that came from the old password; the caller goes on in a new session. */
  @Put('me/password')
  @Requires('account.change-own')
  @ApiOperation({ summary: 'Change the own password; all other sessions end' })
  @ApiOkResponse({ type: SessionAnswer })
  async changePassword(
    @CurrentCaller() caller: Caller,
    @Body() { currentPassword, newPassword }: ChangePasswordBody,
    @Req() { raw }: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<SessionView> {
    const address = raw.socket.remoteAddress ?? '';
    const known = await this.logins.check({ account: caller.name, password: currentPassword, address });
    if (!known) throw passwordWrong(403);
    const passwordId = await this.accounts.changePassword(caller.id, known.id, newPassword);
    return this.begin({ kind: 'password', id: passwordId, account: caller.id }, raw, reply);
  }

  private async begin(credential: Credential, raw: IncomingMessage, reply: HttpReply): Promise<SessionView> {
    const begun = await this.sessions.begin(credential);
    if (!begun) throw passwordWrong(401);
    reply.header('set-cookie', setSessionCookie(raw, begun.cookie));
    return { account: view(begun.account), csrfToken: begun.csrfToken };
  }
}

/** The same for a wrong name, a wrong password and a disabled account. */
function passwordWrong(status: 401 | 403): Problem {
  return new Problem(status, 'password-wrong', 'the name or the password is wrong');
}

function grantsOf(caller: Caller): Grants {
  const service = caller.role();
  const registries = caller.grantedRegistries.map((id) => [id, caller.role(id)!] as const);
  return { ...(service && { service }), registries: Object.fromEntries(registries) };
}

function view({ id, name, displayName, locale }: Account): AccountView {
  return { id, name, displayName, locale };
}
