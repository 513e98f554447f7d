// Generated from libs/ledger/chart/chart.ts by `npm run ledger:generate`; a test compares the two.
export const chartRows = `
INSERT INTO ledger.entity(code, name) VALUES
  (1, 'client_trust'),
  (2, 'house')
  ON CONFLICT (code) DO NOTHING;
INSERT INTO ledger.asset(id, code, decimals, kind) VALUES
  (1, 'ETH', 18, 'native'),
  (1001, 'ETH-PAYOUT-1', 18, 'share')
  ON CONFLICT (id) DO NOTHING;
INSERT INTO ledger.account_kind(code, name, entity, owner, side, asset, floor, ceiling, stripes) VALUES
  (1, 'client.available', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (2, 'client.reserved', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (3, 'client.staking', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (4, 'client.unbonding', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (5, 'client.rewards', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (6, 'client.suspense', 1, 'client', 'liability', 'native', 0, NULL, 0),
  (10, 'pool.staked', 1, 'pool', 'liability', 'native', 0, NULL, 0),
  (11, 'pool.rewards_payable', 1, 'pool', 'liability', 'native', 0, NULL, 0),
  (12, 'pool.protocol_withdrawal', 1, 'pool', 'liability', 'native', 0, NULL, 0),
  (13, 'pool.loss_carried', 1, 'pool', 'holding', 'native', NULL, 0, 0),
  (14, 'trust.fee_payable', 1, 'chain', 'liability', 'native', 0, NULL, 8),
  (15, 'trust.gas_float', 1, 'chain', 'liability', 'native', 0, NULL, 0),
  (16, 'trust.gas_reserved', 1, 'chain', 'liability', 'native', 0, NULL, 0),
  (17, 'trust.unattributed', 1, 'chain', 'liability', 'native', 0, NULL, 0),
  (18, 'pool.execution_reward', 1, 'pool', 'liability', 'native', 0, NULL, 0),
  (30, 'trust.wallet', 1, 'wallet', 'holding', 'native', NULL, 0, 0),
  (31, 'pool.bonding', 1, 'pool', 'holding', 'native', NULL, 0, 0),
  (32, 'stake.validator', 1, 'validator', 'holding', 'native', NULL, 0, 0),
  (40, 'pool.collected', 1, 'pool', 'liability', 'native', 0, NULL, 0),
  (41, 'pool.collected_contra', 1, 'pool', 'holding', 'native', NULL, 0, 0),
  (42, 'run.clearing', 1, 'run', 'liability', 'native', 0, NULL, 0),
  (50, 'client.shares', 1, 'client', 'liability', 'share', 0, NULL, 0),
  (51, 'client.shares_locked', 1, 'client', 'liability', 'share', 0, NULL, 0),
  (52, 'pool.share_issue', 1, 'pool', 'holding', 'share', NULL, 0, 0),
  (60, 'house.wallet', 2, 'wallet', 'holding', 'native', NULL, 0, 0),
  (61, 'house.capital', 2, 'chain', 'liability', 'native', 0, NULL, 0),
  (62, 'house.gas_expense', 2, 'chain', 'holding', 'native', NULL, 0, 0),
  (63, 'house.fee_receivable', 2, 'chain', 'holding', 'native', NULL, 0, 8),
  (64, 'house.fee_income', 2, 'chain', 'liability', 'native', 0, NULL, 8)
  ON CONFLICT (code) DO NOTHING;
INSERT INTO ledger.transfer_kind(code, name, debit_kind, credit_kind, entity, role, hold_scope, same_owner, crossing, reversible) VALUES
  (1, 'deposit.receive', 30, 6, 1, 'bailee_custody', 0, false, NULL, true),
  (2, 'deposit.release', 6, 1, 1, 'bailee_custody', 1, true, NULL, false),
  (3, 'deposit.unattributed', 30, 17, 1, 'bailee_custody', 0, false, NULL, true),
  (4, 'wallet.sweep', 30, 30, 1, 'bailee_custody', 0, false, NULL, false),
  (5, 'gas.reserve', 15, 16, 1, 'bailee_custody', 0, false, NULL, false),
  (6, 'gas.spend', 16, 30, 1, 'bailee_custody', 0, false, NULL, false),
  (7, 'gas.release', 16, 15, 1, 'bailee_custody', 0, false, NULL, false),
  (8, 'withdrawal.reserve', 1, 2, 1, 'bailee_custody', 8, true, NULL, false),
  (9, 'withdrawal.return', 2, 1, 1, 'bailee_custody', 0, true, NULL, false),
  (10, 'withdrawal.settle', 2, 30, 1, 'bailee_custody', 0, false, NULL, false),
  (11, 'stake.send', 31, 30, 1, 'bailee_custody', 0, false, NULL, false),
  (12, 'protocol.withdraw', 30, 12, 1, 'bailee_custody', 0, false, NULL, true),
  (13, 'fee.sweep', 14, 30, 1, 'bailee_custody', 0, false, 'fee', false),
  (14, 'gas.top_up', 30, 15, 1, 'bailee_custody', 0, false, 'top_up', false),
  (15, 'execution.receive', 30, 18, 1, 'bailee_custody', 0, false, NULL, true),
  (20, 'house.fund', 60, 61, 2, 'bailee_custody', 0, false, NULL, true),
  (21, 'house.gas', 62, 60, 2, 'bailee_custody', 0, false, NULL, false),
  (22, 'house.top_up', 62, 60, 2, 'bailee_custody', 0, false, 'top_up', false),
  (23, 'house.fee_receive', 60, 63, 2, 'bailee_custody', 0, false, 'fee', false),
  (30, 'stake.reserve', 1, 2, 1, 'bailee_staking', 2, true, NULL, false),
  (31, 'stake.return', 2, 1, 1, 'bailee_staking', 0, true, NULL, false),
  (32, 'stake.submit', 2, 3, 1, 'bailee_staking', 0, true, NULL, false),
  (33, 'stake.fail', 3, 1, 1, 'bailee_staking', 0, true, NULL, false),
  (34, 'validator.activate', 32, 31, 1, 'bailee_staking', 0, false, NULL, false),
  (35, 'stake.mint', 3, 10, 1, 'bailee_staking', 0, false, NULL, false),
  (36, 'share.mint', 52, 50, 1, 'bailee_staking', 0, false, NULL, false),
  (40, 'share.lock', 50, 51, 1, 'bailee_staking', 4, true, NULL, false),
  (41, 'share.unlock', 51, 50, 1, 'bailee_staking', 0, true, NULL, false),
  (42, 'share.burn', 51, 52, 1, 'bailee_staking', 0, false, NULL, false),
  (43, 'exit.finalise', 10, 4, 1, 'bailee_staking', 0, false, NULL, false),
  (44, 'exit.settle', 4, 1, 1, 'bailee_staking', 0, true, NULL, false),
  (50, 'reward.accrue', 32, 11, 1, 'bailee_staking', 0, false, NULL, false),
  (51, 'reward.commission', 32, 14, 1, 'bailee_staking', 0, false, 'fee', true),
  (52, 'house.fee_accrue', 63, 64, 2, 'bailee_staking', 0, false, 'fee', true),
  (53, 'reward.loss', 13, 32, 1, 'bailee_staking', 0, false, NULL, false),
  (54, 'reward.recover', 32, 13, 1, 'bailee_staking', 0, false, NULL, false),
  (55, 'validator.collect', 12, 32, 1, 'bailee_staking', 0, false, NULL, false),
  (56, 'reward.collect', 41, 40, 1, 'bailee_staking', 0, true, NULL, false),
  (57, 'reward.settle', 11, 5, 1, 'bailee_staking', 0, false, NULL, false),
  (58, 'fee.draw', 40, 41, 1, 'bailee_staking', 0, true, NULL, false),
  (60, 'payout.fund', 40, 42, 1, 'bailee_rewards', 0, false, NULL, false),
  (61, 'payout.pay', 5, 1, 1, 'bailee_rewards', 16, true, NULL, false),
  (62, 'payout.draw', 42, 41, 1, 'bailee_rewards', 0, false, NULL, false),
  (63, 'payout.return', 42, 40, 1, 'bailee_rewards', 0, false, NULL, false),
  (70, 'execution.accrue', 18, 11, 1, 'bailee_staking', 0, true, NULL, false),
  (71, 'execution.commission', 18, 14, 1, 'bailee_staking', 0, false, 'fee', true),
  (72, 'execution.recover', 18, 13, 1, 'bailee_staking', 0, true, NULL, false),
  (73, 'validator.consolidate', 32, 32, 1, 'bailee_staking', 0, false, NULL, false),
  (74, 'validator.cover', 15, 32, 1, 'bailee_staking', 0, false, NULL, false),
  (80, 'unattributed.to_client', 17, 6, 1, 'bailee_custody', 0, false, NULL, true),
  (81, 'unattributed.to_pool', 17, 18, 1, 'bailee_custody', 0, false, NULL, true),
  (82, 'unattributed.return', 17, 30, 1, 'bailee_custody', 0, false, NULL, false)
  ON CONFLICT (code) DO NOTHING;
ALTER TABLE ledger.account_kind DISABLE TRIGGER append_only;
UPDATE ledger.account_kind SET stripes = CASE code WHEN 14 THEN 8 WHEN 63 THEN 8 WHEN 64 THEN 8 ELSE 0 END;
ALTER TABLE ledger.account_kind ENABLE TRIGGER append_only;
ALTER TABLE ledger.transfer_kind DISABLE TRIGGER append_only;
UPDATE ledger.transfer_kind SET reversible = CASE code WHEN 1 THEN true WHEN 3 THEN true WHEN 12 THEN true WHEN 15 THEN true WHEN 20 THEN true WHEN 51 THEN true WHEN 52 THEN true WHEN 71 THEN true WHEN 80 THEN true WHEN 81 THEN true ELSE false END;
ALTER TABLE ledger.transfer_kind ENABLE TRIGGER append_only;
`;
