// Opens the published file read-only and prints one row per campaign as JSON: what a node reader sees.
import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(process.argv[2], { access_mode: 'READ_ONLY' });
const connection = await instance.connect();
const result = await connection.runAndReadAll(
  `select campaign_id, platform, sum(views)::bigint as views
   from marts.fct_post_performance
   inner join marts.fct_campaign_posts using (post_id)
   inner join marts.dim_posts using (post_id)
   group by all order by all`,
);
console.log(JSON.stringify(result.getRowObjectsJson()));
