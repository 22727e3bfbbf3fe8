using Kumiki.Hosting;
using Kumiki.Journeys;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

/// <summary>A lender's applications with a column that is known only afterwards, an analysis of them, a model, its threshold and its test report, made by the
/// program itself and served.</summary>
/// <remarks>With so few rows the report says NO-GO: the cost of a decision does not surely reach the target.</remarks>
public sealed class LendingWorld : IAsyncLifetime
{
    DataFolder? data;
    HttpClient? client;

    Demo Demo { get; } = new("CreditRisk");
    internal KumikiServer Server { get; private set; } = null!;
    internal HttpClient Http => client ??= new(new SocketsHttpHandler()) { BaseAddress = Server.Address };

    public async Task InitializeAsync()
    {
        await Demo.MustAsync("generate-applications", "--rows", "8000", "--leak");
        await Demo.MustAsync("make", "default-report", "--upstream", "--stage");
        await Demo.MustAsync("make", "applications-report", "--stage");
        data = DataFolder.Open(Demo.PathOf(".kumiki"), TimeProvider.System);
        Server = await KumikiServer.StartAsync(new() { Name = "Lending", DataFolder = data.Path, Metadata = data.Metadata, Artifacts = data.Artifacts }, ServeAddress.Of("127.0.0.1", 0), default);
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        await Server.DisposeAsync();
        if (data is not null) await data.DisposeAsync();
        Demo.Dispose();
    }
}
