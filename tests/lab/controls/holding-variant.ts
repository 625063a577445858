/**
 * A variant's consumer that says what it was given and never stores it: `node … CONNECTION_JSON`
 */
import { readConnection } from '../../brokers/fixtures/connection.ts';
import { type VariantName, variantsOf } from './variants/index.ts';

const { broker: name, queue, ...connection } = readConnection();
const variants = variantsOf(() => Promise.reject(new Error('this process has no store')));
const broker = await variants[name as VariantName].open(connection);
await broker.openConsumer(queue, (likes) => {
  console.log(`holding ${likes.length}`);
  return new Promise(() => {});
});
console.log('reading');
