import { DepositDataV1, TransactionRequestV1 } from '#messages';

type Fields = Omit<TransactionRequestV1, 'deposit'> & { readonly deposit?: { readonly [K in keyof DepositDataV1]: DepositDataV1[K] } };

/** What custody is asked to send. */
export function transactionRequest({ deposit, ...fields }: Fields): TransactionRequestV1 {
  const request = Object.assign(new TransactionRequestV1(), fields);
  if (deposit) request.deposit = Object.assign(new DepositDataV1(), deposit);
  return request;
}
