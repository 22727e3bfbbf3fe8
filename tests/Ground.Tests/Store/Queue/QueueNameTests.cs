using Kumiki.Queues;
using Xunit;

namespace Kumiki.Store.Tests;

public sealed class QueueNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Credit.applications_in-2")]
    public void A_plain_name_is_taken_as_it_is(string name) => Assert.Equal(name, QueueName.Of(name).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("豆")]
    [InlineData("amq.rabbit")]
    [InlineData("in.dead")]
    public void Another_name_is_refused_in_a_sentence(string name) =>
        Assert.Contains($"'{name}' is no name of a queue", Assert.Throws<KumikiException>(() => QueueName.Of(name)).Says.In("en"), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(21)]
    public void Deliveries_are_one_to_twenty(int most) =>
        Assert.Contains(
            $"not {most};", Assert.Throws<KumikiException>(() => new QueueSettings { MostDeliveries = most }).Says.In("en"), StringComparison.Ordinal);
}
