using Kumiki.Journeys;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

public sealed class HelpTests
{
    static readonly string[] Verbs =
    [
        "make", "tune", "reproduce", "show", "runs", "log", "graph", "why", "diff", "draft", "verify", "gc", "move-store", "models", "predict", "stage", "unstage", "alias",
            "release",
        "rollback", "history", "package", "image", "schedules", "serve", "predictions", "outcomes", "stream", "queue", "doctor", "generate-sales", "forecast-demand", "print-rows",
        "demo",
    ];

    public static TheoryData<string> All => [.. Verbs];

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_help_of_a_verb_is_the_reviewed_one(string verb)
    {
        using var demo = new Demo();

        Snapshot.Same($"help-{verb}", (await demo.MustAsync(verb, "--help")).Out);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("run")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    [InlineData("history")]
    public async Task The_help_of_a_verb_of_schedules_is_the_reviewed_one(string verb)
    {
        using var demo = new Demo();

        Snapshot.Same($"help-schedules-{verb}", (await demo.MustAsync("schedules", verb, "--help")).Out);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("sql")]
    [InlineData("export")]
    public async Task The_help_of_a_verb_of_predictions_is_the_reviewed_one(string verb)
    {
        using var demo = new Demo();

        Snapshot.Same($"help-predictions-{verb}", (await demo.MustAsync("predictions", verb, "--help")).Out);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("take")]
    [InlineData("peek")]
    [InlineData("dead")]
    [InlineData("put-back")]
    [InlineData("drop")]
    public async Task The_help_of_a_verb_of_queues_is_the_reviewed_one(string verb)
    {
        using var demo = new Demo();

        Snapshot.Same($"help-queue-{verb}", (await demo.MustAsync("queue", verb, "--help")).Out);
    }

    [Fact]
    public async Task The_help_of_bringing_a_model_in_is_the_reviewed_one()
    {
        using var demo = new Demo();

        Snapshot.Same("help-models-import", (await demo.MustAsync("models", "import", "--help")).Out);
    }

    [Fact]
    public async Task The_help_of_making_keys_is_the_reviewed_one()
    {
        using var demo = new Demo();

        Snapshot.Same("help-package-keys", (await demo.MustAsync("package", "keys", "--help")).Out);
    }

    [Fact]
    public async Task The_help_lists_every_verb_and_each_has_a_review()
    {
        using var demo = new Demo();
        var help = await demo.MustAsync("--help");

        Snapshot.Same("help", help.Out);
        Assert.Equal(Verbs, help.Lines.SkipWhile(l => l != "Commands:").Skip(1).Select(l => l.Trim().Split(' ')[0]));
    }
}
