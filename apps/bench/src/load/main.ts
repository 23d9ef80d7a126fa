import { Jobs, type Job } from './jobs';

/**
 * The load generator as a process of its own, so that its processor time and its pauses are nobody else's. Takes jobs from
 * its parent one at a time, answers each with a measurement or an error, and ends when the parent does.
 */
const jobs = new Jobs();

process.on('message', (job: Job) => {
  jobs.run(job).then(
    (measurement) => process.send?.({ measurement }),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the parent decides when this ends
