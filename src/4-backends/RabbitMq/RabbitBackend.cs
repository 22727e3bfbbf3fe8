using Kumiki.Queues.RabbitMq;

namespace Kumiki;

/// <summary>Names RabbitMQ as a backend of a project's program.</summary>
public static class RabbitBackend
{
    /// <summary>Lets the program's verbs use the queues of a broker, by <c>--queue amqp://USER@HOST:5672/VHOST</c>.</summary>
    public static Project UseRabbitMq(this Project project)
    {
        foreach (var scheme in new[] { "amqp", "amqps" })
            project.UseQueues(scheme, async (address, claims, settings, clock, stop) =>
                await RabbitQueue.OpenAsync(RabbitAddress.Parse(address), claims, settings, clock, stop));
        return project;
    }
}
