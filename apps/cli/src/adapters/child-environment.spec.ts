import { describe, expect, it } from 'vitest';
import { childEnvironment } from './child-environment.js';

describe('the environment of a service', () => {
  it('has what a program needs and none of the secrets of the user', () => {
    const env = {
      PATH: '/bin',
      HOME: '/home/x',
      ANTHROPIC_API_KEY: 'sk',
      DATABASE_URL: 'postgres://u:p@h/d',
      NODE_AUTH_TOKEN: 't',
      AWS_SECRET_ACCESS_KEY: 'a',
      AET__work__slots: '2',
      NODE_CHANNEL_FD: '3',
    };
    expect(childEnvironment(env, { AET__host__name: 'pc2' })).toEqual({
      PATH: '/bin',
      HOME: '/home/x',
      AET__work__slots: '2',
      AET__host__name: 'pc2',
    });
  });

  it('knows a proxy, unless its address holds a password', () => {
    expect(childEnvironment({ HTTPS_PROXY: 'http://proxy:3128' }, {})).toEqual({ HTTPS_PROXY: 'http://proxy:3128' });
    expect(childEnvironment({ HTTPS_PROXY: 'http://u:p@proxy:3128' }, {})).toEqual({});
  });
});
