using Kumiki;

// The bare platform: no project of its own; it serves, shows and keeps what projects made.
return await Workshop.RunAsync(args, project => project.UseRabbitMq().Name = "kumiki");
