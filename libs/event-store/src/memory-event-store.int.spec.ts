import { memoryEventStore } from './memory-event-store';
import { eventStoreContract } from './testing';

eventStoreContract('the memory store', memoryEventStore);
