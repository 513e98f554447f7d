import { ConfigInvalid, loadConfig } from './config.js';
import { ChainRoomConfig, refuseLocalnetInProduction } from './room-config.js';

const sound = {
  DATABASE_URL: 'postgres://a@127.0.0.1/b',
  ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
  ETHEREUM_BEACON_URL: 'http://127.0.0.1:2',
};

describe('config', () => {
  it('prefers the variable of the room, converts numbers and keeps defaults', () => {
    const config = loadConfig(ChainRoomConfig, 'custody', {
      ...sound,
      CUSTODY_DATABASE_URL: 'postgres://c@127.0.0.1/b',
      PORT: '81',
      HOST: '',
    });
    expect(config).toMatchObject({ DATABASE_URL: 'postgres://c@127.0.0.1/b', PORT: 81, HOST: '127.0.0.1', BAILEE_MODE: 'production' });
  });

  it('lists every problem at once', () => {
    expect.assertions(2);
    try {
      loadConfig(ChainRoomConfig, 'custody', { PORT: '99999', REDIS_URL: 'http://x' });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigInvalid);
      expect((error as ConfigInvalid).problems.join(' ')).toMatch(/DATABASE_URL.*REDIS_URL|REDIS_URL.*DATABASE_URL/);
    }
  });

  it('never lets a production room start on the local network', () => {
    const config = loadConfig(ChainRoomConfig, 'custody', { ...sound, BAILEE_NETWORK: 'localnet' });
    expect(() => refuseLocalnetInProduction(config, 'custody')).toThrow(ConfigInvalid);
    expect(() =>
      refuseLocalnetInProduction(
        loadConfig(ChainRoomConfig, 'custody', { ...sound, BAILEE_NETWORK: 'localnet', BAILEE_MODE: 'demo' }),
        'custody',
      ),
    ).not.toThrow();
  });
});
