using CreditRisk;
using Kumiki;

// A lender's decision: applications in, a probability of default, a threshold by what decisions cost, and an endpoint out, released as one set.
return await Workshop.RunAsync(args, project => project.AddAssetsFromThisAssembly().Name = "Credit risk", verbs =>
{
    verbs.Add("generate-applications", "Write made-up loan applications whose truth is known.", (parsed, _) => Task.FromResult(GenerateApplications.Run(parsed)), GenerateApplications.Options);
    verbs.Add("credit-demo", "Generate applications, make and release everything, and serve it.", (parsed, stop) => Demo.RunAsync(verbs, parsed, stop), Demo.Options);
});
