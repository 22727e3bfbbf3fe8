using DemandForecast;
using Kumiki;

// A shop chain's weekly demand: sales in, a forecast for each store and item out, released as one set.
return await Workshop.RunAsync(args, project => project.AddAssetsFromThisAssembly().Name = "Demand forecast", verbs =>
{
    verbs.Add("generate-sales", "Write made-up but realistic daily sales as CSV.", (parsed, _) => Task.FromResult(GenerateSales.Run(parsed)),
        GenerateSales.Options);
    verbs.Add("forecast-demand", "Forecast one week from a folder of CSV files, with what was known on the Sunday two weeks before it.", (parsed, stop)
        => ForecastVerb.RunAsync(verbs, parsed, stop), ForecastVerb.Options);
    verbs.Add("print-rows", "Print the rows of a dataset that was made as CSV.", StoredRows.PrintAsync, StoredRows.Options);
    verbs.Add("demo", "Generate sales, make and release everything, and serve it.", (parsed, stop) => Demo.RunAsync(verbs, parsed, stop), Demo.Options);
});
