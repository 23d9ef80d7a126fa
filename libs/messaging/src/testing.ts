export { type Bed, type BedProcess, type Note, testStrategy } from './testing/test-strategy';
